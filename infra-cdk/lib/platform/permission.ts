import { Stack, Validations } from 'aws-cdk-lib';
import { Effect, Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { flattenCfnReference } from 'cdk-nag/lib/utils/flatten-cfn-reference.js';

/** One statement of a role's policy, with the reason for anything that is not exact. */
export interface Permission {
  /** Whether it is taken away, whatever else gives it. @default - it is given */
  readonly deny?: boolean;
  /** The actions, each spelled out: no wildcard is accepted here. */
  readonly actions: string[];
  /** ARNs the actions apply to. */
  readonly resources: string[];
  /** IAM conditions. @default - none */
  readonly conditions?: Record<string, Record<string, string | string[]>>;
  /**
   * Why a resource holds a `*`, in words for an auditor. It becomes the acknowledgement of exactly
   * this finding; without it the synthesis fails.
   *
   * @default - every resource is exact
   */
  readonly wildcard?: string;
}

/** Adds one permission to a role's own policy. */
export function grant(role: Role, permission: Permission): void {
  role.addToPolicy(statement(role, permission));
}

/** Gives a role a policy of its own for one purpose, so that it is read and taken away as a whole. */
export function grantApart(role: Role, id: string, permissions: Permission[]): void {
  const statements = permissions.map((permission) => statement(role, permission));
  new Policy(role, id, { roles: [role], statements });
}

function statement(role: Role, permission: Permission): PolicyStatement {
  const { deny, actions, resources, conditions, wildcard } = permission;
  const vague = actions.find((action) => action.includes('*'));
  if (vague !== undefined)
    throw new Error(`Spell out the actions behind ${vague} for ${role.node.path}.`);
  for (const resource of resources) {
    // Checked here too: an acknowledged `*` of one statement would hide the `*` of another.
    if (finding(role, resource).includes('*')) acknowledge(role, resource, wildcard);
  }
  const effect = deny ? Effect.DENY : Effect.ALLOW;
  return new PolicyStatement({ effect, actions, resources, conditions });
}

/** Acknowledges one wildcard finding, and no other, on one role. */
export function acknowledge(role: Role, resource: string, reason: string | undefined): void {
  const id = `AwsSolutions-IAM5[Resource::${finding(role, resource)}]`;
  if (reason === undefined)
    throw new Error(`Give a reason for the wildcard ${id} on ${role.node.path}.`);
  Validations.of(role).acknowledge({ id, reason });
}

/** The resource as the rule writes it, computed so that it follows every rename. */
function finding(role: Role, resource: string): string {
  return flattenCfnReference(Stack.of(role).resolve(resource));
}
