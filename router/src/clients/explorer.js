// Runs operations of the explorer page: single answers by POST, subscriptions by graphql-transport-ws.
const element = (id) => document.getElementById(id);
let socket = null;
let plan = null;
let planAsText = false;

function show(value) {
  element('answer').textContent = JSON.stringify(value, null, 2);
}

function stop() {
  if (socket) socket.close(1000);
  socket = null;
  element('stop').disabled = true;
}

async function post(query, variables, wish) {
  const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json;q=0.9', 'x-cloudphone-query-plan': wish };
  if (element('token').value) headers.authorization = `Bearer ${element('token').value}`;
  const response = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const answer = await response.json();
  plan = answer.extensions?.queryPlan ?? null;
  showPlan();
  if (answer.extensions) delete answer.extensions.queryPlan;
  if (answer.extensions && Object.keys(answer.extensions).length === 0) delete answer.extensions;
  return answer;
}

// An element with a class and what is in it.
function make(tag, name, ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children);
  return made;
}

// A document that subgraphs get in one line, with a line for each field.
function indented(operation) {
  let depth = 0;
  let text = '';
  let parentheses = 0;
  for (const [token] of operation.matchAll(/"(?:[^"\\]|\\.)*"|[{}()]|[^{}()"]+/g)) {
    const line = () => `\n${'  '.repeat(depth)}`;
    if (token === '(') parentheses += 1;
    if (token === ')') parentheses -= 1;
    if (parentheses > 0 || token === ')' || token.startsWith('"')) text += token;
    else if (token === '{') { depth += 1; text = `${text.trimEnd()} {${line()}`; }
    else if (token === '}') { depth -= 1; text = `${text.trimEnd()}${line()}}${line()}`; }
    else text += token.trim().replace(/(?<!:|\.\.\.|\bon|@\w+|\bquery|\bmutation|\bsubscription|\.\.\. on \w+) +(?!@|on\b)/g, line());
  }
  return text.trim();
}

// How a fetch went: where it lies in the time of all of them, and what else is known of it.
function timing(executed, total) {
  if (executed === undefined) return [];
  if (executed === null) return [make('span', 'fact', 'not run')];
  const bar = make('span', 'bar');
  bar.style.marginInlineStart = `${(100 * executed.startMs) / total}%`;
  bar.style.width = `max(2px, ${(100 * executed.durationMs) / total}%)`;
  const facts = [`${executed.durationMs.toFixed(1)} ms, after ${executed.startMs.toFixed(1)} ms`, `${executed.receivedBytes.toLocaleString()} bytes`];
  if (executed.error) facts.push(executed.error);
  else if (executed.status !== 200) facts.push(`status ${executed.status}`);
  if (executed.retries) facts.push(`tried ${executed.retries + 1} times`);
  if (executed.shared) facts.push('shared');
  if (executed.cached) facts.push(`${executed.cached} from the cache`);
  if (executed.instance) facts.push(executed.instance);
  return [make('span', executed.error ? 'fact error' : 'fact', facts.join(' · ')), make('span', 'track', bar)];
}

function fetchNode(node, total) {
  const title = make('summary', '', make('strong', '', node.serviceName), ` ${node.operationKind} `, ...timing(node.executed, total));
  const details = make('details', 'fetch', title);
  const inputs = node.inputs ?? (node.requires ? [{ requires: node.requires }] : []);
  for (const input of inputs) {
    const where = input.paths ? `${input.responseKey}, for ${input.paths.map((path) => path.join('.')).join(' and ')}\n` : '';
    details.append(make('div', 'label', 'asks about'), make('pre', '', where + indented(input.requires)));
  }
  details.append(make('div', 'label', 'operation'), make('pre', '', indented(node.operation)));
  if (node.variableUsages.length) details.append(make('div', 'label', `variables: ${node.variableUsages.map((name) => `$${name}`).join(', ')}`));
  return details;
}

function planNode(node, total) {
  const within = (label, ...children) => make('div', 'group', make('div', 'label', label), ...children);
  switch (node.kind) {
    case 'Sequence': return within('one after the other', ...node.nodes.map((one) => planNode(one, total)));
    case 'Parallel': return within('at the same time', ...node.nodes.map((one) => planNode(one, total)));
    case 'Flatten': return within(`at ${(node.paths ?? [node.path]).map((path) => path.join('.')).join(' and ')}`, planNode(node.node, total));
    case 'Condition': return within(`if ${node.ifClause ? '' : 'not '}$${node.condition}`, planNode(node.ifClause ?? node.elseClause, total));
    default: return fetchNode(node, total);
  }
}

function fetches(node) {
  if (!node) return [];
  if (node.kind === 'Fetch') return [node];
  return [...(node.nodes ?? []), node.node, node.ifClause, node.elseClause].flatMap(fetches);
}

function showPlan() {
  const place = element('plan');
  element('form').disabled = !plan;
  if (!plan) return place.replaceChildren('No plan was told: you may not see it, or there is none.');
  if (planAsText) return place.replaceChildren(make('pre', '', plan.text));
  if (!plan.node) return place.replaceChildren('No subgraph is asked.');
  const ends = fetches(plan.node).map(({ executed }) => (executed ? executed.startMs + executed.durationMs : 0));
  return place.replaceChildren(planNode(plan.node, Math.max(0.001, ...ends)));
}

function subscribe(query, variables) {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  socket = new WebSocket(`${scheme}://${location.host}/graphql/ws`, 'graphql-transport-ws');
  const payload = element('token').value ? { authorization: `Bearer ${element('token').value}` } : {};
  socket.onopen = () => socket.send(JSON.stringify({ type: 'connection_init', payload }));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } }));
    if (message.type === 'ping') socket.send(JSON.stringify({ type: 'pong' }));
    if (message.type === 'next' || message.type === 'error') show(message.payload);
    if (message.type === 'complete' || message.type === 'error') stop();
  };
  socket.onclose = ({ code, reason }) => { if (code !== 1000 && socket) show({ closed: code, reason }); stop(); };
  element('stop').disabled = false;
}

async function run(wish) {
  stop();
  try {
    const query = element('query').value;
    const variables = JSON.parse(element('variables').value || '{}');
    if (wish === '1' && /^\s*subscription\b/m.test(query)) subscribe(query, variables);
    else show(await post(query, variables, wish));
  } catch (error) {
    show({ error: String(error) });
  }
}

element('run').addEventListener('click', () => run('1'));
element('explain').addEventListener('click', () => run('dry-run'));
element('stop').addEventListener('click', stop);
element('form').addEventListener('click', () => {
  planAsText = !planAsText;
  element('form').textContent = planAsText ? 'Plan as tree' : 'Plan as text';
  showPlan();
});
element('schema').addEventListener('click', async () => show(await post('{ __schema { types { name kind fields { name type { name kind ofType { name } } } } } }', {}, '0')));
document.addEventListener('keydown', (event) => { if (event.ctrlKey && event.key === 'Enter') run('1'); });
