const prefix = 'llm.chat:';

/** The capability of nodes that serve a model's chats. */
export function chatCapability(model: string): string {
  return prefix + model;
}

export function modelOf(capability: string): string {
  return capability.slice(prefix.length);
}
