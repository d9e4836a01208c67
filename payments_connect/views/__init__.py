"""Thin: parse, call a service, answer. Views of gateways' calls are never atomic."""
