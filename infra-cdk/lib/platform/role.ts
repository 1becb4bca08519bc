import {
  type AddToPrincipalPolicyResult,
  PolicyDocument,
  type PolicyStatement,
  Role,
  type RoleProps,
} from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/**
 * A role with its policy in it.
 *
 * As a resource of its own, which CDK makes of each, the policies of all steps and partners would take more
 * room than a stack has: it is for 500 resources. What names the role in a policy of its own, as a signing
 * key does, is granted apart, since neither could be made before the other.
 */
export class WholeRole extends Role {
  private readonly policy: PolicyDocument;

  constructor(scope: Construct, id: string, props: RoleProps) {
    const policy = new PolicyDocument();
    super(scope, id, { ...props, inlinePolicies: { Whole: policy } });
    this.policy = policy;
  }

  override addToPrincipalPolicy(statement: PolicyStatement): AddToPrincipalPolicyResult {
    this.policy.addStatements(statement);
    return { statementAdded: true, policyDependable: this };
  }
}
