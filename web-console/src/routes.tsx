// Every address of the console; pages load when first visited.
import { createBrowserRouter, type RouteObject } from 'react-router';
import { PageLoader } from './components/PageLoader';
import { RouteError } from './components/RouteError';
import { Layout } from './layout/Layout';

export const routes: RouteObject[] = [
  {
    path: '/sign-in',
    lazy: async () => ({ Component: (await import('./pages/sign-in/SignInPage')).SignInPage }),
    HydrateFallback: PageLoader,
  },
  {
    path: '/register',
    lazy: async () => ({ Component: (await import('./pages/sign-in/RegisterPage')).RegisterPage }),
    HydrateFallback: PageLoader,
  },
  {
    path: '/',
    Component: Layout,
    children: [
      {
        ErrorBoundary: RouteError,
        children: [
          { index: true, lazy: async () => ({ Component: (await import('./pages/wall/WallPage')).WallPage }) },
          { path: 'devices', lazy: async () => ({ Component: (await import('./pages/devices/DevicesPage')).DevicesPage }) },
          { path: 'devices/:deviceId', lazy: async () => ({ Component: (await import('./pages/device/DevicePage')).DevicePage }) },
          { path: 'templates', lazy: async () => ({ Component: (await import('./pages/templates/TemplatesPage')).TemplatesPage }) },
          { path: 'apps', lazy: async () => ({ Component: (await import('./pages/apps/AppsPage')).AppsPage }) },
          { path: 'apps/:applicationId', lazy: async () => ({ Component: (await import('./pages/apps/AppPage')).AppPage }) },
          { path: 'users', lazy: async () => ({ Component: (await import('./pages/users/UsersPage')).UsersPage }) },
          { path: 'api-keys', lazy: async () => ({ Component: (await import('./pages/api-keys/ApiKeysPage')).ApiKeysPage }) },
          { path: 'audit-log', lazy: async () => ({ Component: (await import('./pages/audit-log/AuditLogPage')).AuditLogPage }) },
          { path: 'profile', lazy: async () => ({ Component: (await import('./pages/profile/ProfilePage')).ProfilePage }) },
          { path: '*', lazy: async () => ({ Component: (await import('./pages/NotFoundPage')).NotFoundPage }) },
        ],
      },
    ],
    HydrateFallback: PageLoader,
  },
];

export const router = createBrowserRouter(routes);
