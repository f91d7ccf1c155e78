export { createPeople } from './people.ts';
export type { People, PeopleComponents } from './people.ts';
export type { PeopleSettings } from './components.ts';
export type { FirstOwner } from './first-owner.ts';
