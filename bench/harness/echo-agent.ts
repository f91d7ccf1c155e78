import { connectAgent } from '@reeve/sdk';

/** An agent whose handler does nothing but give the input back: `echo-agent.ts <url> <slots>`, key in REEVE_API_KEY. */
const [url, slots] = process.argv.slice(2);
const agent = await connectAgent({
  url: url!,
  apiKey: process.env['REEVE_API_KEY']!,
  offer: { name: 'echo', capabilities: [{ name: 'bench.echo' }], slots: Number(slots) },
  handler: async (input) => input,
});
process.stdout.write('ready\n');
process.on('SIGTERM', () => void agent.stop().then(() => process.exit(0)));
