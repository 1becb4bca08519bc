import { CustomResource, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';

import { installCertificates } from '../platform/enrolment.ts';
import type { Platform } from '../platform/platform.ts';
import {
  CSR_OBJECT,
  writeCertificateRequest,
  writeInstallations,
} from '../platform/storage-permissions.ts';
import { type DefineStep, StepFunction, type StepFunctionDefaults } from './step-function.ts';

/** The steps of `steps/enrol/` that machines call: a certificate for a key of ours is used from now on. */
export function enrolSteps(define: DefineStep, scope: Construct, { storage }: Platform) {
  return {
    'install-certificate': define(
      'install-certificate',
      'Says which certificate a signing key of ours has from now on',
      {
        environment: { EVIDENCE_BUCKET: storage.evidence.bucketName },
        permissions: [...writeInstallations(storage), installCertificates(scope)],
      },
    ),
  };
}

export interface SigningCsrProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** The key that the request is for and that signs it, and the outbox. */
  readonly platform: Platform;
  /** Subject of the request, RFC 4514. */
  readonly subject: string;
}

/**
 * The certificate request (PKCS#10) of the signing key, left as `csr.pem` in the outbox by the step
 * of `steps/enrol/`.
 *
 * CloudFormation calls the function itself, without CDK's provider framework, which would deploy a
 * function in another language. It is called again only if the key or the subject changes.
 */
export class SigningCsr extends Construct {
  /** The function that makes the request. */
  readonly step: StepFunction;

  constructor(scope: Construct, id: string, props: SigningCsrProps) {
    super(scope, id);
    const { signingKey, storage } = props.platform;
    this.step = new StepFunction(this, 'signing-csr', {
      ...props.defaults,
      step: 'signing-csr',
      description: 'Leaves the certificate request of the signing key in the outbox',
      permissions: writeCertificateRequest(storage),
    });
    signingKey.allowSigning(this.step.role, 'CertificateRequest');

    const request = new CustomResource(this, 'Request', {
      resourceType: 'Custom::SigningCsr',
      serviceToken: this.step.function.functionArn,
      // A function that never answers would otherwise hold up the deployment for an hour.
      serviceTimeout: Duration.minutes(5),
      properties: {
        KeyArn: signingKey.key.keyArn,
        Subject: props.subject,
        Bucket: storage.outbox.bucketName,
        Key: CSR_OBJECT,
      },
    });
    // The policy of the role is a resource of its own, which the function's ARN does not wait for.
    request.node.addDependency(this.step);
  }
}
