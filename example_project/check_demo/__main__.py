import os
import signal
import sys
import tempfile
from pathlib import Path

import django
from django.utils.module_loading import import_string

from .processes import Ports, environment


def main() -> int:
    # Being ended must end the demo too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="check-demo-") as directory:
        ports = Ports()
        os.environ |= environment(Path(directory), ports)
        django.setup()
        # Models can be imported only now.
        run = import_string("example_project.check_demo.run.run")
        return int(run(Path(directory), ports))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
