"""Start the service."""

import sys

from integrations.runtime.services import start

sys.exit(start("console"))
