import { readEnvironment } from '../environment.ts';
import { createServices } from '../services.ts';
import { createApi } from './api.ts';

export const handler = createApi(createServices(readEnvironment(process.env)));
