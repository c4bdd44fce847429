// Starts the console in the page.
import '@fontsource-variable/inter/wght.css';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/dropzone/styles.css';
import 'uplot/dist/uPlot.min.css';
import './global.css';
import './locales';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { apiClient, session } from './platform';
import { Providers } from './Providers';
import { router } from './routes';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root element.');

createRoot(root).render(
  <StrictMode>
    <Providers client={apiClient} session={session}>
      <RouterProvider router={router} />
    </Providers>
  </StrictMode>,
);
