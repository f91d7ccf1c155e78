// The API page: everything on it comes from /openapi.json of the hub that serves it. Texts are only ever set as text,
// never as HTML; the key stays in its field and goes to this hub alone.

const byId = (id) => document.getElementById(id);

/** An element with attributes and children; texts become text nodes. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const pretty = (value) => JSON.stringify(value, null, 2);

/** A schema with its references followed once, so that it can be read where it stands. */
function resolved(schema, definitions, depth = 0) {
  if (Array.isArray(schema)) return schema.map((item) => resolved(item, definitions, depth));
  if (typeof schema !== 'object' || schema === null) return schema;
  const name = schema.$ref?.split('/').at(-1);
  if (name !== undefined && depth < 3) return resolved(definitions[name] ?? schema, definitions, depth + 1);
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolved(value, definitions, depth)]));
}

function operationsOf({ paths }) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.operationId !== undefined)
      .map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  );
}

function parameterTable(parameters) {
  const rows = parameters.map(({ name, in: where, required, schema, description = '' }) => {
    const type = schema.enum?.join(' | ') ?? [schema.type ?? ''].flat().join(' | ');
    return make(
      'tr',
      {},
      make('td', {}, make('code', {}, name)),
      make('td', { class: 'dim' }, `${where}${required ? ', required' : ''}`),
      make('td', {}, [type, description].filter(Boolean).join(': ')),
    );
  });
  return make('table', {}, ...rows);
}

function described(operation, definitions) {
  const { parameters = [], requestBody, responses, description } = operation;
  const body = requestBody?.content['application/json'];
  const [success] = Object.entries(responses).filter(([status]) => status < '300');
  const output = success?.[1].content?.['application/json']?.schema;
  const errors = Object.entries(responses).filter(([status]) => status >= '300');
  return [
    ...(description ? [make('p', {}, description)] : []),
    make('p', { class: 'dim' }, `Permission ${operation['x-permission'] ?? 'public'}; ${operation['x-effect'] ?? ''}`),
    ...(parameters.length > 0 ? [make('h3', {}, 'Parameters'), parameterTable(parameters)] : []),
    ...(body ? [make('h3', {}, 'Body'), make('pre', {}, pretty(resolved(body.schema, definitions)))] : []),
    ...(output ? [make('h3', {}, `Answer ${success[0]}`), make('pre', {}, pretty(resolved(output, definitions)))] : []),
    ...(errors.length > 0
      ? [
          make('h3', {}, 'Errors'),
          make(
            'table',
            {},
            ...errors.map(([status, error]) =>
              make('tr', {}, make('td', {}, status), make('td', {}, error.description.replaceAll('`', ''))),
            ),
          ),
        ]
      : []),
  ];
}

/** A form that sends the operation to this hub with the key of the page. */
function tryIt(operation) {
  const { parameters = [], requestBody, path, method } = operation;
  const fields = new Map(parameters.map((parameter) => [parameter, make('input', { placeholder: parameter.in })]));
  const body = requestBody?.content['application/json'];
  const example = Object.values(body?.examples ?? {})[0]?.value ?? {};
  const text = body ? make('textarea', { rows: '6', spellcheck: 'false', 'aria-label': 'Body' }) : undefined;
  if (text) text.value = pretty(example);
  const button = make('button', {}, 'Send');
  const answer = make('pre', { hidden: '', 'aria-live': 'polite' });
  const show = (shown) => (answer.textContent = shown);
  let underWay;
  button.addEventListener('click', async () => {
    if (underWay) return underWay.abort();
    underWay = new AbortController();
    button.textContent = 'Stop';
    answer.hidden = false;
    show('Waiting for the answer…');
    const request = { path, method, fields, body: text?.value, signal: underWay.signal };
    await send(request, show).catch((error) => show(`${answer.textContent}\n\n${error}`));
    button.textContent = 'Send';
    underWay = undefined;
  });
  const labelled = [...fields].map(([{ name }, input]) => make('label', { class: 'field' }, name, input));
  return [make('h3', {}, 'Try it'), ...labelled, ...(text ? [text] : []), make('p', {}, button), answer];
}

/** Shows a stream as it comes, everything else when it is whole. */
async function send({ path, method, fields, body, signal }, show) {
  const headers = {};
  const query = new URLSearchParams();
  let target = path;
  for (const [{ name, in: where }, { value }] of fields) {
    if (where === 'path') target = target.replace(`{${name}}`, encodeURIComponent(value));
    else if (value !== '' && where === 'query') query.append(name, value);
    else if (value !== '') headers[name] = value;
  }
  const key = byId('key').value.trim();
  if (key !== '') headers.authorization = `Bearer ${key}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const started = performance.now();
  const response = await fetch(query.size > 0 ? `${target}?${query}` : target, {
    method,
    headers,
    body,
    credentials: 'omit',
    signal,
  });
  const head = `${response.status} ${response.statusText}, ${Math.round(performance.now() - started)} ms\n\n`;
  if (!response.headers.get('content-type')?.startsWith('text/event-stream'))
    return show(head + readable(await response.text()));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    text = (text + piece.value).slice(-shownOfStream);
    show(head + text);
  }
}

/** Characters of a stream that stay on the page. */
const shownOfStream = 64 * 1024;

function readable(text) {
  try {
    return pretty(JSON.parse(text));
  } catch {
    return text; // not JSON: as it came
  }
}

function entry(operation, definitions) {
  const { method, path, summary, operationId } = operation;
  const details = make(
    'details',
    { class: operation['x-effect'] ?? 'read', id: operationId },
    make(
      'summary',
      {},
      make('span', { class: 'method' }, method),
      make('code', {}, path),
      make('span', { class: 'dim' }, summary),
    ),
  );
  // Made when it is first opened: a hundred operations with their schemas are much to lay out.
  details.addEventListener(
    'toggle',
    () => details.append(...described(operation, definitions), ...(operation.responses['101'] ? [] : tryIt(operation))),
    {
      once: true,
    },
  );
  const words = `${operationId} ${method} ${path} ${summary} ${operation.description ?? ''}`.toLowerCase();
  return { details, matches: (wanted) => wanted.every((word) => words.includes(word)) };
}

function show(specification) {
  const definitions = specification.components?.schemas ?? {};
  byId('version').textContent = specification.info.version;
  const groups = Map.groupBy(operationsOf(specification), ({ tags, operationId }) => tags?.[0] ?? operationId);
  const sections = [...groups].map(([name, operations]) => {
    const entries = operations.map((operation) => entry(operation, definitions));
    const section = make('section', {}, make('h2', {}, name), ...entries.map(({ details }) => details));
    return { section, entries };
  });
  byId('operations').replaceChildren(...sections.map(({ section }) => section));
  const filter = () => {
    const wanted = byId('search').value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { section, entries } of sections) {
      for (const { details, matches } of entries) details.hidden = !matches(wanted);
      const shown = entries.filter(({ details }) => !details.hidden).length;
      section.hidden = shown === 0;
      count += shown;
    }
    byId('state').textContent = `${count} operations`;
  };
  byId('search').addEventListener('input', filter);
  filter();
  const linked = byId(decodeURIComponent(location.hash.slice(1)));
  if (linked instanceof HTMLDetailsElement) linked.open = true;
}

try {
  const response = await fetch('/openapi.json', { credentials: 'omit' });
  if (!response.ok) throw new Error(`the hub answered with ${response.status}`);
  show(await response.json());
} catch (error) {
  byId('state').textContent = `The description of this hub could not be read: ${error.message}`;
}
