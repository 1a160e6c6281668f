/**
 * Signals, and components that are drawn again when a signal that they read has changed.
 *
 * The core of `@preact/signals` with as little between it and Preact as this client needs: every component is followed,
 * by an effect of its own, while it is drawn.
 */

import { batch, computed, effect, signal } from '@preact/signals-core';
import { Component, type ComponentType, Fragment, options, type VNode } from 'preact';

export { batch, computed, effect, signal };

type Draw = (props: object) => VNode;
const followed = new Map<unknown, ComponentType>();
const passed = options.vnode;

options.vnode = (vnode) => {
  const { type } = vnode as { type: unknown };
  if (typeof type === 'function' && type !== Fragment && !(type.prototype instanceof Component)) {
    if (!followed.has(type)) followed.set(type, follow(type as Draw));
    (vnode as { type: unknown }).type = followed.get(type);
  }
  passed?.(vnode);
};

function follow(draw: Draw): ComponentType {
  return class extends Component {
    end?: () => void;

    override componentWillUnmount(): void {
      this.end?.();
    }

    override render(): VNode {
      this.end?.();
      let drawn: VNode;
      let first = true;
      this.end = effect(() => {
        // While it draws it learns what it depends on; afterwards something of that has changed.
        if (first) drawn = draw(this.props);
        else this.setState({});
        first = false;
      });
      return drawn!;
    }
  };
}
