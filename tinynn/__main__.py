"""python -m tinynn"""

import sys

from tinynn.cli import main

sys.exit(main())
