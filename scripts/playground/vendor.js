/** What the page takes from others, in one file: scripts/playground.py makes it. */

import { signal, computed, effect, batch, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import htm from "htm";
import { Fragment, h, render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const html = htm.bind(h);

export {
  Fragment,
  batch,
  computed,
  effect,
  h,
  html,
  render,
  signal,
  useComputed,
  useEffect,
  useRef,
  useSignal,
  useSignalEffect,
  useState,
};
