import { readEnvironment } from '../environment.ts';
import { createServices } from '../services.ts';
import { createAdvancer } from './advance.ts';

export const handler = createAdvancer(createServices(readEnvironment(process.env)));
