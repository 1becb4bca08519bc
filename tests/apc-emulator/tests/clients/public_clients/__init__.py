"""Programs written for the real service, step by step as AWS's published sample clients go.

Their habits are not always those one would choose: leaves without extensions, the same names and
serial numbers in every run, check value methods that do not fit, key block headers with a length of
9999. An endpoint that stands in for the service has to live with all of them.
"""
