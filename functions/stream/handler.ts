import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { documentClient } from '../../core/store/client.ts';
import { readEnvironment } from '../environment.ts';
import { createPublisher } from './publish.ts';

export const handler = createPublisher({
  environment: readEnvironment(process.env),
  events: new EventBridgeClient({}),
  database: documentClient(),
});
