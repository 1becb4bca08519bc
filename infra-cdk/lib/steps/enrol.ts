import { CustomResource, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';

import type { SigningKey } from '../platform/signing-key.ts';
import { StepFunction, type StepFunctionDefaults } from './step-function.ts';
import { useForWriting } from './steps.ts';
import type { Storage } from '../platform/storage.ts';

export interface SigningCsrProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** The key that the request is for, and that signs it. */
  readonly signingKey: SigningKey;
  /** The buckets and their key. */
  readonly storage: Storage;
  /** Subject of the request, RFC 4514. */
  readonly subject: string;
}

/**
 * The certificate request (PKCS#10) of the signing key, left as `csr.pem` in the outbox.
 *
 * CloudFormation calls the function itself, without CDK's provider framework, which would deploy a
 * function in another language. It is called again only if the key or the subject changes.
 */
export class SigningCsr extends Construct {
  /** The function that makes the request. */
  readonly step: StepFunction;

  constructor(scope: Construct, id: string, props: SigningCsrProps) {
    super(scope, id);
    const { outbox, dataKey } = props.storage;
    this.step = new StepFunction(this, 'signing-csr', {
      ...props.defaults,
      step: 'signing-csr',
      description: 'Leaves the certificate request of the signing key in the outbox',
      permissions: [
        {
          actions: ['s3:GetObject', 's3:PutObject'],
          resources: [outbox.arnForObjects(CSR_OBJECT)],
        },
        useForWriting(dataKey),
      ],
    });
    props.signingKey.allowSigning(this.step.role, 'CertificateRequest');

    const request = new CustomResource(this, 'Request', {
      resourceType: 'Custom::SigningCsr',
      serviceToken: this.step.function.functionArn,
      // A function that never answers would otherwise hold up the deployment for an hour.
      serviceTimeout: Duration.minutes(5),
      properties: {
        KeyArn: props.signingKey.key.keyArn,
        Subject: props.subject,
        Bucket: outbox.bucketName,
        Key: CSR_OBJECT,
      },
    });
    // The policy of the role is a resource of its own, which the function's ARN does not wait for.
    request.node.addDependency(this.step);
  }
}

/** Where the request lies, at the top of the outbox. */
export const CSR_OBJECT = 'csr.pem';
