/** The program of every agent in this story: a chunk as JSON in, the measure of each line as JSON out. */
import { text } from 'node:stream/consumers';
import { ways, type WayName } from './measure.ts';

const measure = ways[process.argv[2] as WayName];
const { items, firstItem } = JSON.parse(await text(process.stdin)) as { items: string[]; firstItem: number };
console.log(JSON.stringify(items.map((line, at) => measure(line, firstItem + at))));
