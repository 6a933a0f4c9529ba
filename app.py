"""The chat page: `python app.py` is `rapporteur serve`."""

import sys

from rag.__main__ import main

if __name__ == "__main__":
    sys.argv[1:1] = ["serve"]
    main()
