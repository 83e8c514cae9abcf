import JWTKit
import SyncNode
