export { listModels, Model, showModel } from './models.ts';
