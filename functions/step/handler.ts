import { readEnvironment } from '../environment.ts';
import { createServices } from '../services.ts';
import { createStepRunner } from './run.ts';

export const handler = createStepRunner(createServices(readEnvironment(process.env)));
