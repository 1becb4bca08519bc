import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

import { readConfig } from '../lib/platform/config.ts';
import { KeyCeremonyStack } from '../lib/key-ceremony-stack.ts';

const app = new App();
// A finding that nobody acknowledged, with a reason, fails the synthesis and so the deployment.
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
new KeyCeremonyStack(app, 'KeyCeremony', {
  config: readConfig(app.node),
  description: 'Key Ceremony: certificates dropped into S3 become a wrapped, signed KEK',
});
