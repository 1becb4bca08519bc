"""Starts ministack, the local AWS, with two things that AWS has and it leaves out.

The condition keys of S3 on which the policies of our buckets turn, and the way of what CloudTrail records
to EventBridge. ministack is pinned by digest, so that it is known what is replaced here.
"""

import condition_keys

# First: what is imported after this sees the keys.
condition_keys.install()

import trail

trail.install()

from ministack import app

app.main()
