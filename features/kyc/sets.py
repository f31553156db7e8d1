"""The vectors that models of documents read: before one is decided on, and with it."""

from features.kyc import sources
from features.kyc.document import document
from features.kyc.document_device import document_device
from features.kyc.profile import profile
from millpond import FeatureSet

FEATURES = [*document.all(), *document_device.all(), *profile.all()]

document_fraud = FeatureSet(
    "document_fraud",
    version=1,
    owner="identity",
    request=sources.documents,
    own_event="exclude",
    features=FEATURES,
    description="What was known before a document was shown: is it to be accepted?",
)

document_monitoring = FeatureSet(
    "document_monitoring",
    version=1,
    owner="identity",
    request=sources.documents,
    own_event="include",
    features=FEATURES,
    description="What is known with the document: is the account to be looked at?",
)
