"""Starts ministack, the local AWS, with what AWS has and it leaves out.

The condition keys on which policies of ours turn, the resource of a call that one names, and the way of what
CloudTrail records to EventBridge. ministack is pinned by digest, so that it is known what is replaced here.
"""

import condition_keys
import resources

# First: what is imported after this sees them.
condition_keys.install()
resources.install()

import trail

trail.install()

from ministack import app

app.main()
