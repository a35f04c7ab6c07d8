"""Who is told when a run fails: a webhook, or the log when there is none."""

import json
from urllib import request

import dagster as dg

from dagster_project.resources.settings import notification_url


class Notifier(dg.ConfigurableResource):
    """Where failures are told. Without ICP_NOTIFY_URL they go to the log; subclass for more."""

    def send(self, text: str) -> None:
        """Post `{"text": ...}` to the webhook, or log it; raises URLError when the post fails."""
        url = notification_url()
        if not url:
            dg.get_dagster_logger().error(text)
            return
        body = json.dumps({"text": text}).encode()
        call = request.Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310
        with request.urlopen(call, timeout=10):  # noqa: S310 - the owner's own address
            return
