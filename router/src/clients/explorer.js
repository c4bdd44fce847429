// Runs operations of the explorer page: single answers by POST, subscriptions by graphql-transport-ws.
const element = (id) => document.getElementById(id);
let socket = null;

function show(value) {
  element('answer').textContent = JSON.stringify(value, null, 2);
}

function stop() {
  if (socket) socket.close(1000);
  socket = null;
  element('stop').disabled = true;
}

async function post(query, variables) {
  const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json;q=0.9', 'x-cloudphone-query-plan': '1' };
  if (element('token').value) headers.authorization = `Bearer ${element('token').value}`;
  const response = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const answer = await response.json();
  showPlan(answer.extensions?.queryPlan);
  if (answer.extensions) delete answer.extensions.queryPlan;
  if (answer.extensions && Object.keys(answer.extensions).length === 0) delete answer.extensions;
  return answer;
}

// Each fetch one step further to the right than those it waits for.
function showPlan(plan) {
  const depths = [];
  const fetches = (plan?.steps ?? []).map((step, position) => {
    depths[position] = Math.max(-1, ...step.dependsOn.map((before) => depths[before])) + 1;
    const after = step.dependsOn.length ? `, after ${step.dependsOn.map((before) => before + 1).join(' and ')}` : '';
    const conditions = step.conditions.map(({ variable, expected }) => `, if ${expected ? '' : 'not '}$${variable}`).join('');
    const lines = [`${position + 1}. ${step.service}${step.entities ? ' (entities)' : ''}${after}${conditions}`, ...step.query.split('\n').map((line) => `   ${line}`)];
    return lines.map((line) => '  '.repeat(depths[position]) + line).join('\n');
  });
  element('plan').textContent = fetches.join('\n') || 'No subgraph is asked.';
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

async function run() {
  stop();
  try {
    const query = element('query').value;
    const variables = JSON.parse(element('variables').value || '{}');
    if (/^\s*subscription\b/m.test(query)) subscribe(query, variables);
    else show(await post(query, variables));
  } catch (error) {
    show({ error: String(error) });
  }
}

element('run').addEventListener('click', run);
element('stop').addEventListener('click', stop);
element('schema').addEventListener('click', async () => show(await post('{ __schema { types { name kind fields { name type { name kind ofType { name } } } } } }')));
document.addEventListener('keydown', (event) => { if (event.ctrlKey && event.key === 'Enter') run(); });
