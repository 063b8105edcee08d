import { readEnvironment } from '../environment.ts';
import { createServices } from '../services.ts';
import { createReporter } from './report.ts';

export const handler = createReporter(createServices(readEnvironment(process.env)));
