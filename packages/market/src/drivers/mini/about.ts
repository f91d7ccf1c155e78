/** What `mini` knows when it finds no document at all. */
export const about = `
Reeve hands work to machines that you do not have to trust. A task goes to the hub, the hub leases it to an agent that has declared the capability, and the agent answers under the fence of its lease.

The hub is the record: a task that was acknowledged is committed to the database, and it runs to an end state whatever crashes in between. A result is accepted once, from the holder of the newest lease, and committed together with the change of state.

An agent connects outbound and says which capabilities it has and how many slots are free. It needs no open port and no public address. When it vanishes, its leases expire and another agent takes the work.

A lease has a time-out and a fence. The fence grows with every lease, so that an agent that comes back late cannot overwrite the result of the one that took over.

A market node is an agent in front of a model server. It offers each model as a capability, streams the tokens of each answer through the hub, and stops at once when the reader goes away.

The gateway speaks the OpenAI protocol, so that an unmodified client gets its answer from whichever node serves the model. A slow reader slows its node and nobody else.

Retries are for errors that can pass: a connection that was refused, a server that is overloaded, a time-out. A request that was refused for what it says is never sent again.

Priorities decide between the tasks of one tenant, and fairness decides between tenants, so that a flood from one of them starves nobody. A deadline makes a task more urgent the nearer it comes.

This model is a toy. It counts which words follow each other in the documents of Reeve and draws the next word from these counts, which makes sentences that sound right and mean little. It needs no download, so that the first request can be answered within seconds; put a real model server behind a node to get real answers.
`;
