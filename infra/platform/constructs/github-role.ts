/**
 * A role that GitHub Actions assumes without a stored key, from one branch or environment of one
 * repository.
 */

import { Duration } from 'aws-cdk-lib';
import { type IOidcProvider, OpenIdConnectPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

export interface GithubRoleProps {
  readonly roleName: string;
  readonly description: string;
  readonly github: IOidcProvider;
  /**
   * The whole subject of the token: `repo:owner@1/name@2:ref:refs/heads/main`, or
   * `…:environment:production`, whose approval GitHub enforces. Matched exactly, not as a pattern:
   * https://docs.github.com/en/actions/concepts/security/openid-connect
   */
  readonly subject: string;
  /** How long a session may last. */
  readonly hours: number;
}

export class GithubRole extends Role {
  constructor(scope: Construct, id: string, props: GithubRoleProps) {
    super(scope, id, {
      roleName: props.roleName,
      description: props.description,
      maxSessionDuration: Duration.hours(props.hours),
      assumedBy: new OpenIdConnectPrincipal(props.github, {
        StringEquals: {
          'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
          'token.actions.githubusercontent.com:sub': props.subject,
        },
      }),
    });
  }
}
