// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title DeviceDID, the native contract at 0x0000000000000000000000000000000000000d01
/// @notice Identities of devices: their keys, who controls them, what they allow to whom.
/// @dev Refuses DELEGATECALL and CALLCODE, and value except to `register`. Calldata must be canonical ABI encoding.
///      What is signed, and how, is specified in docs/spec/device-signing.md.
interface IDeviceDID {
    enum KeyType { NONE, SECP256K1, P256, ED25519, BABYJUBJUB }
    enum Status { NONE, ACTIVE, SUSPENDED, DEACTIVATED }

    /// @param purposes AUTH 1, ASSERT 2, KEYAGREE 4, INVOKE 8, DELEGATE 16, ZK 32, SENSOR 64
    /// @param validFrom seconds since the Unix epoch; 0 when adding means now
    /// @param validUntil seconds, exclusive; 0 means for good
    /// @param publicKey x and y (64 bytes) for SECP256K1 and P256, 32 bytes for ED25519 and BABYJUBJUB
    struct Key { uint8 keyType; uint8 purposes; uint64 validFrom; uint64 validUntil; bytes publicKey; }

    /// @param kind 1 to 64 bytes
    /// @param endpoint 1 to 512 bytes
    struct Service { bytes32 id; string kind; string endpoint; }

    /// @notice The controller's consent. With an empty `sig` the caller must be `signer`.
    struct Auth { address signer; uint64 deadline; bytes sig; }

    /// @param projectId 0 until projects exist
    /// @param zkPublicKey empty, or a BABYJUBJUB key whose proof stands behind the device's signature
    /// @param docUri at most 256 bytes
    struct Registration {
        bytes32 projectId; address controller; address payee; uint8 keyType; bytes publicKey;
        bytes zkPublicKey; bytes32 docHash; string docUri; bytes32 modelHash; uint64 deadline;
    }

    /// @notice Registers the identity of a key; the value sent is its bond.
    function register(Registration calldata r, bytes calldata deviceSig, Auth calldata controllerAuth, bytes calldata endorsement)
        external payable returns (address identity);

    function addKey(address id, Key calldata k, bytes calldata newKeyProof, Auth calldata a) external returns (uint32 keyId);
    /// @notice Replaces a key. Consent may come from the controller or, for a narrower key, from the old key itself.
    function rotateKey(address id, uint32 oldKey, Key calldata k, bytes calldata newKeyProof, Auth calldata a)
        external returns (uint32 keyId);
    function revokeKey(address id, uint32 keyId, Auth calldata a) external;

    function setService(address id, Service calldata s, Auth calldata a) external;
    function removeService(address id, bytes32 sid, Auth calldata a) external;
    function setDocument(address id, bytes32 hash, string calldata uri, Auth calldata a) external;
    function setPayee(address id, address payee, Auth calldata a) external;

    /// @notice First step of a transfer; the zero address takes a proposal back.
    function proposeController(address id, address next, Auth calldata a) external;
    /// @notice Second step, by the one proposed: delegates and grants end, the payee becomes the new controller.
    function acceptController(address id, Auth calldata a) external;
    function addDelegate(address id, address who, uint8 purposes, uint64 until, Auth calldata a) external;
    function revokeDelegate(address id, address who, Auth calldata a) external;
    /// @notice Replaces what `who` was granted; scopes 0 takes it away.
    function grantAccess(address id, address who, uint256 scopes, uint64 until, bytes32 termsHash, Auth calldata a) external;

    /// @notice The controller's emergency stop: no key validates until `resume`.
    function suspend(address id, bytes32 reason) external;
    function resume(address id, Auth calldata a) external;
    /// @notice Ends the identity for good.
    function deactivate(address id, Auth calldata a) external;
    /// @notice Pays the bond to the payee, seven days after deactivation. Anyone may call.
    function withdrawBond(address id) external;

    function resolve(address id) external view returns (
        uint8 status, address controller, address payee, uint64 created, uint64 updated, uint64 version,
        uint64 ownershipEpoch, bytes32 docHash, string memory docUri, Key[] memory keys, uint32[] memory keyIds,
        Service[] memory services);
    /// @notice The part of the record that contracts ask for, in three slots; `resolve` is for clients.
    function stateOf(address id) external view returns (
        uint8 status, address controller, address payee, uint64 version, uint64 ownershipEpoch);
    /// @param sig key id (4 bytes, big-endian), then the signature in the form of the key's type
    function isValidSignature(address id, uint8 purpose, bytes32 digest, bytes calldata sig) external view returns (bool);
    function hasAccess(address id, address who, uint256 scope) external view returns (bool);
    function nonces(address id) external view returns (uint64);
    function pendingControllerOf(address id) external view returns (address);
    function delegateOf(address id, address who) external view returns (uint8 purposes, uint64 until);
    function bondOf(address id) external view returns (uint256 amount, uint64 withdrawableAt);
    function identityOf(uint8 keyType, bytes calldata publicKey) external pure returns (address);

    event DeviceRegistered(address indexed identity, bytes32 indexed projectId, address indexed controller, uint8 keyType, bytes32 docHash);
    event KeyAdded(address indexed identity, uint32 keyId, uint8 keyType, uint8 purposes, bytes publicKey);
    event KeyRevoked(address indexed identity, uint32 keyId, uint64 atBlock);
    event ServiceChanged(address indexed identity, bytes32 indexed id, string kind, string endpoint);
    event ServiceRemoved(address indexed identity, bytes32 indexed id);
    event DocumentChanged(address indexed identity, bytes32 docHash, string docUri);
    event PayeeChanged(address indexed identity, address payee);
    event ControllerProposed(address indexed identity, address indexed next);
    event ControllerChanged(address indexed identity, address indexed from, address indexed to, uint64 ownershipEpoch);
    event DelegateAdded(address indexed identity, address indexed who, uint8 purposes, uint64 until, uint64 ownershipEpoch);
    event DelegateRevoked(address indexed identity, address indexed who);
    event AccessGranted(address indexed identity, address indexed who, uint256 scopes, uint64 until, bytes32 termsHash, uint64 ownershipEpoch);
    event StatusChanged(address indexed identity, uint8 status, bytes32 reason);
    event BondDeposited(address indexed identity, uint256 amount);
    event BondWithdrawn(address indexed identity, address indexed payee, uint256 amount);

    error UnknownProject(bytes32 projectId);
    error AlreadyRegistered(address identity);
    error IdentityDeactivated(address identity);
    error IdentityNotDeactivated(address identity);
    error WrongStatus(address identity, uint8 status);
    error Unauthorized(address identity, address account);
    error DeadlinePassed(uint64 deadline, uint64 timestamp);
    error InvalidSignature(address signer);
    error InvalidKeyProof(uint8 keyType);
    error UnknownKeyType(uint8 keyType);
    error InvalidPublicKey(uint8 keyType);
    error InvalidPurposes(uint8 keyType, uint8 purposes);
    error InvalidValidity(uint64 validFrom, uint64 validUntil);
    error KeyInUse(address identity);
    error UnknownKey(address identity, uint32 keyId);
    error TooManyKeys(uint256 limit);
    error KeyIdsExhausted(uint256 limit);
    error LastControllingKey(address identity);
    error KeyNotNarrower(uint32 oldKeyId);
    error InvalidController(address controller);
    error InvalidPayee(address payee);
    error NoPendingController(address identity);
    error InvalidService(bytes32 id);
    error UnknownService(address identity, bytes32 id);
    error TooManyServices(uint256 limit);
    error InvalidDelegate(address who);
    error UnknownDelegate(address identity, address who);
    error TooManyDelegates(uint256 limit);
    error InvalidGrantee(address who);
    error InvalidExpiry(uint64 until);
    error BondLocked(uint64 withdrawableAt);
    error NoBond(address identity);

    // Shared by every native contract.
    error DelegateCallNotAllowed();
    error WriteInStaticCall();
    error ValueNotAccepted(uint256 value);
    error UnknownSelector(bytes4 selector);
    error InvalidCalldata(uint256 offset);
    error LengthOverLimit(uint256 offset, uint256 length, uint256 limit);
}
