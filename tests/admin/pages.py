"""Addresses and form fields of the admin, as a browser would send them."""

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.urls import reverse


def list_of(model):
    return reverse(f"admin:payments_connect_{model._meta.model_name}_changelist")


def page_of(row):
    name = f"admin:payments_connect_{row._meta.model_name}_change"
    return reverse(name, args=[row.pk])


def operate(client, action, *rows, **fields):
    """Choose an action in the list, for some rows."""
    data = {"action": action, ACTION_CHECKBOX_NAME: [row.pk for row in rows], **fields}
    return client.post(list_of(type(rows[0])), data)


def told(response):
    """The messages that the person will see."""
    return [str(message) for message in get_messages(response.wsgi_request)]
