/**
 * The web ACL lets every request pass that the contract allows, and answers what it blocks with a
 * problem document.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROBLEM_TYPES } from '../../../src/http/contract/problem-texts.ts';
import { ENVIRONMENTS, prefixOf } from '../../platform/environments.ts';
import { readVariant } from '../support/synthesised.ts';

const names = Object.keys(ENVIRONMENTS) as (keyof typeof ENVIRONMENTS)[];
const platform = readVariant('declared');
const openapi = JSON.parse(readFileSync(join(import.meta.dirname, '../../../openapi.json'), 'utf8'));

describe.each(names)('in %s', (name) => {
  const acl = platform.of('AWS::WAFv2::WebACL', `${prefixOf(name)}-service`)[0]?.properties;
  // biome-ignore lint/suspicious/noExplicitAny: the properties of a resource
  const rules: readonly any[] = acl.Rules;
  const blocking = rules.filter(({ Action }) => Action?.Block !== undefined);

  it('guards the load balancer, and lets through what no rule blocks', () => {
    expect(acl.DefaultAction).toEqual({ Allow: {} });
    const associations = platform.of('AWS::WAFv2::WebACLAssociation', `${prefixOf(name)}-service`);
    expect(associations).toHaveLength(1);
    expect(JSON.stringify(associations[0]?.properties.ResourceArn)).toContain('LoadBalancer');
  });

  // Proves: blocked-clients
  it("only counts what AWS's rules find, so that a brand may look like SQL and a body may be long", () => {
    const groups = rules.filter(({ Statement }) => Statement.ManagedRuleGroupStatement);
    expect(groups.map(({ Name }) => Name)).toEqual([
      'AWSManagedRulesAmazonIpReputationList',
      'AWSManagedRulesCommonRuleSet',
      'AWSManagedRulesKnownBadInputsRuleSet',
    ]);
    for (const { OverrideAction, Statement } of groups) {
      expect(OverrideAction).toEqual({ Count: {} });
      // The group's own rate limits or exclusions would need another look.
      expect(Object.keys(Statement.ManagedRuleGroupStatement).sort()).toEqual(['Name', 'VendorName']);
    }
    expect(blocking.length + groups.length).toBe(rules.length);
  });

  it('blocks by address, path and method alone, never by body, query or header', () => {
    expect(blocking.map(({ Name }) => Name)).toEqual(['blocked-addresses', 'rate', 'managed-rules']);
    const [addresses, rate, managed] = blocking.map(({ Statement }) => Statement);
    expect(Object.keys(addresses)).toEqual(['IPSetReferenceStatement']);
    expect(rate.RateBasedStatement).toMatchObject({ AggregateKeyType: 'IP', EvaluationWindowSec: 300 });
    expect(rate.RateBasedStatement.ScopeDownStatement).toBeUndefined();
    const labels: string[] = managed.OrStatement.Statements.map(
      ({ LabelMatchStatement }: { LabelMatchStatement: { Scope: string; Key: string } }) => {
        expect(LabelMatchStatement.Scope).toBe('LABEL');
        return LabelMatchStatement.Key;
      },
    );
    expect(labels.length).toBeGreaterThan(5);
    expect(labels.join()).not.toContain('RestrictedExtensions');
    for (const label of labels)
      expect(label).toMatch(/^awswaf:managed:aws:(amazon-ip-list:\w+|[\w-]+:\w+_(URIPath|Method))$/);
    // The rules come before the one that reads their labels.
    expect(rules.toSorted((a, b) => a.Priority - b.Priority).at(-1).Name).toBe('managed-rules');
  });

  it('has no path and no method in the contract that such a rule could take for an attack', () => {
    const paths = Object.keys(openapi.paths);
    expect(paths.length).toBeGreaterThan(5);
    for (const path of paths) expect(path).toMatch(/^\/$|^(\/[a-z{}-]+(\.\w+)?)+$/);
    const methods = Object.values<object>(openapi.paths).flatMap((item) => Object.keys(item));
    expect(methods).not.toContain('propfind');
  });

  it('answers what it blocks with a problem document', () => {
    const bodies = acl.CustomResponseBodies;
    for (const { Action } of blocking) {
      const { ResponseCode, CustomResponseBodyKey, ResponseHeaders } = Action.Block.CustomResponse;
      const { ContentType, Content } = bodies[CustomResponseBodyKey];
      expect(ContentType).toBe('APPLICATION_JSON');
      const problem = JSON.parse(Content);
      expect(Object.keys(problem)).toEqual(['type', 'title', 'status', 'detail']);
      expect(problem.status).toBe(ResponseCode);
      const { status, title } = PROBLEM_TYPES['too-many-requests'];
      if (ResponseCode === 429)
        expect(problem).toMatchObject({ type: '/docs/problems/too-many-requests', status, title });
      else expect(problem).toMatchObject({ type: 'about:blank', status: 403, title: 'Forbidden' });
      const headers = ResponseHeaders.map(({ Name }: { Name: string }) => Name);
      expect(headers.includes('Retry-After')).toBe(ResponseCode === 429);
      expect(headers).toContain('Cache-Control');
    }
  });

  it('allows an address more in five minutes than a task should serve in one', () => {
    const { requestsPerAddress, target } = ENVIRONMENTS[name].service;
    const rate = blocking.find(({ Name }) => Name === 'rate');
    expect(rate.Statement.RateBasedStatement.Limit).toBe(requestsPerAddress);
    expect(requestsPerAddress).toBeGreaterThan(target.requests);
  });
});
