// Whether an element is on the screen, or nearly: what is not need not be repainted.
import { useCallback, useState, type RefCallback } from 'react';

const NEARLY = '200px';

const reports = new Map<Element, (inView: boolean) => void>();
let observer: IntersectionObserver | null = null;

/** One observer for all elements costs far less than one for each. */
function shared(): IntersectionObserver {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const entry of entries) reports.get(entry.target)?.(entry.isIntersecting);
    },
    { rootMargin: NEARLY },
  );
  return observer;
}

export function useInView<Watched extends Element>(): [RefCallback<Watched>, boolean] {
  const supported = typeof IntersectionObserver !== 'undefined';
  const [inView, setInView] = useState(!supported);
  const ref = useCallback(
    (element: Watched | null) => {
      if (element === null || !supported) return undefined;
      reports.set(element, setInView);
      shared().observe(element);
      return () => {
        reports.delete(element);
        shared().unobserve(element);
      };
    },
    [supported],
  );
  return [ref, inView];
}
