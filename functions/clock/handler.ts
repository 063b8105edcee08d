import { readEnvironment } from '../environment.ts';
import { createServices } from '../services.ts';
import { createClock } from './tick.ts';

export const handler = createClock(createServices(readEnvironment(process.env)));
