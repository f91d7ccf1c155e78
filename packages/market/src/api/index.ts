export { listModels, Model, showModel } from './models.ts';
export { listOffers, Offer } from './offers.ts';
