/**
 * The web ACL of the load balancer. Every request that the contract allows passes: bodies, query
 * parameters and headers are data of clients, such as a brand that looks like SQL, so rules about
 * them only count. What is blocked: addresses that AWS knows to be malicious, addresses that send
 * too many requests, addresses that people block, and paths and methods that only scanners use.
 */

import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { CfnIPSet, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

export interface FirewallProps {
  readonly prefix: string;
  /** Within five minutes. */
  readonly requestsPerAddress: number;
  readonly alb: IApplicationLoadBalancer;
}

/**
 * The labels of the managed rules that block. A rule that AWS adds later only counts. So does the one
 * about the extensions of files, because AWS does not say whether `/cars.csv` has one of them.
 * https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
 */
const BLOCKED = [
  'amazon-ip-list:AWSManagedIPReputationList',
  'amazon-ip-list:AWSManagedReconnaissanceList',
  'core-rule-set:EC2MetaDataSSRF_URIPath',
  'core-rule-set:GenericLFI_URIPath',
  'core-rule-set:GenericRFI_URIPath',
  'core-rule-set:CrossSiteScripting_URIPath',
  'known-bad-inputs:ExploitablePaths_URIPath',
  'known-bad-inputs:Log4JRCE_URIPath',
  'known-bad-inputs:JavaDeserializationRCE_URIPath',
  'known-bad-inputs:Propfind_Method',
] as const;

const GROUPS = [
  'AWSManagedRulesAmazonIpReputationList',
  'AWSManagedRulesCommonRuleSet',
  'AWSManagedRulesKnownBadInputsRuleSet',
] as const;

/**
 * Problem documents. Their content type is `application/json`, because AWS WAF offers no other that
 * fits: https://docs.aws.amazon.com/waf/latest/APIReference/API_CustomResponseBody.html
 */
const PROBLEMS = {
  blocked: {
    type: 'about:blank',
    title: 'Forbidden',
    status: 403,
    detail: 'The firewall blocked the request because of its address, path or method.',
  },
  limited: {
    type: '/docs/problems/too-many-requests',
    title: 'Rate limit exceeded',
    status: 429,
    detail: 'This address has sent too many requests in the last five minutes.',
  },
} as const;

/** Seconds: AWS WAF counts anew about every 30 seconds. */
const RETRY_AFTER = 60;

export class Firewall extends Construct {
  /** The number of requests that were blocked. */
  readonly blocked: Metric;

  constructor(scope: Construct, id: string, { prefix, requestsPerAddress, alb }: FirewallProps) {
    super(scope, id);
    const addresses = new CfnIPSet(this, 'BlockedAddresses', {
      name: `${prefix}-blocked`,
      description: 'Addresses that people block: docs/run/runbook.md#block-an-address',
      scope: 'REGIONAL',
      ipAddressVersion: 'IPV4',
      addresses: [],
    });
    const acl = new CfnWebACL(this, 'Acl', {
      name: prefix,
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visibility(prefix),
      customResponseBodies: Object.fromEntries(
        Object.entries(PROBLEMS).map(([key, problem]) => [
          key,
          { contentType: 'APPLICATION_JSON', content: JSON.stringify(problem) },
        ]),
      ),
      rules: [
        {
          ...rule(0, 'blocked-addresses', { ipSetReferenceStatement: { arn: addresses.attrArn } }),
          action: block('blocked'),
        },
        {
          ...rule(1, 'rate', {
            rateBasedStatement: {
              aggregateKeyType: 'IP',
              limit: requestsPerAddress,
              evaluationWindowSec: 300,
            },
          }),
          action: block('limited'),
        },
        ...GROUPS.map((name, index) => ({
          ...rule(2 + index, name, { managedRuleGroupStatement: { vendorName: 'AWS', name } }),
          overrideAction: { count: {} },
        })),
        {
          ...rule(2 + GROUPS.length, 'managed-rules', {
            orStatement: {
              statements: BLOCKED.map((label) => ({
                labelMatchStatement: { scope: 'LABEL', key: `awswaf:managed:aws:${label}` },
              })),
            },
          }),
          action: block('blocked'),
        },
      ],
    });
    new CfnWebACLAssociation(this, 'Association', {
      resourceArn: alb.loadBalancerArn,
      webAclArn: acl.attrArn,
    });
    this.blocked = new Metric({
      namespace: 'AWS/WAFV2',
      metricName: 'BlockedRequests',
      dimensionsMap: { WebACL: prefix, Region: acl.stack.region, Rule: 'ALL' },
      statistic: Stats.SUM,
    });
  }
}

function block(problem: keyof typeof PROBLEMS): CfnWebACL.RuleActionProperty {
  const { status } = PROBLEMS[problem];
  const retry = [{ name: 'Retry-After', value: String(RETRY_AFTER) }];
  return {
    block: {
      customResponse: {
        responseCode: status,
        customResponseBodyKey: problem,
        responseHeaders: [{ name: 'Cache-Control', value: 'no-store' }, ...(status === 429 ? retry : [])],
      },
    },
  };
}

function rule(priority: number, name: string, statement: CfnWebACL.StatementProperty) {
  return { name, priority, statement, visibilityConfig: visibility(name) };
}

function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: true };
}
