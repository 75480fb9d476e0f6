// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IDeviceDID} from "../../precompiles/did/IDeviceDID.sol";

/// @title What an application does with device identities: read them, register them for others, own them, ask for consent.
contract DeviceGate {
    IDeviceDID public constant DID = IDeviceDID(0x0000000000000000000000000000000000000d01);
    /// @notice The access scope that `readings` asks for; scopes are bits that applications give meaning to.
    uint256 public constant SCOPE_READ = 1;
    uint8 private constant PURPOSE_ASSERT = 2;

    mapping(address identity => bytes32) private latest;

    error NoAccess(address identity, address reader);
    error NotSignedByDevice(address identity);
    error NotActive(address identity, uint8 status);

    event Registered(address indexed identity, bool succeeded);

    /// @notice Registers a device whose controller signed its consent, and pays its bond.
    function registerFor(IDeviceDID.Registration calldata r, bytes calldata deviceSig, IDeviceDID.Auth calldata consent)
        external payable returns (address identity)
    {
        identity = DID.register{value: msg.value}(r, deviceSig, consent, "");
        emit Registered(identity, true);
    }

    /// @notice The same, but a refusal is only noted: whatever the native contract did is undone with it.
    function tryRegister(IDeviceDID.Registration calldata r, bytes calldata deviceSig, IDeviceDID.Auth calldata consent)
        external payable
    {
        try DID.register{value: msg.value}(r, deviceSig, consent, "") returns (address identity) {
            emit Registered(identity, true);
        } catch {
            emit Registered(address(0), false);
        }
    }

    /// @notice Registers, then fails: nothing may remain.
    function registerAndRevert(
        IDeviceDID.Registration calldata r, bytes calldata deviceSig, IDeviceDID.Auth calldata consent
    ) external payable {
        address identity = DID.register{value: msg.value}(r, deviceSig, consent, "");
        revert NotActive(identity, 0);
    }

    /// @notice Whether a device is in use, and by whom. `resolve` would read its whole record for that.
    function ownerOf(address identity) external view returns (address controller) {
        uint8 status;
        (status, controller, , , ) = DID.stateOf(identity);
        if (status != uint8(IDeviceDID.Status.ACTIVE)) revert NotActive(identity, status);
    }

    /// @notice Takes a reading that the device signed. `sig` is key id ‖ signature over `reading`.
    function submit(address identity, bytes32 reading, bytes calldata sig) external {
        if (!DID.isValidSignature(identity, PURPOSE_ASSERT, reading, sig)) revert NotSignedByDevice(identity);
        latest[identity] = reading;
    }

    /// @notice Shows the last reading to those whom the device's owner granted access.
    function readings(address identity) external view returns (bytes32) {
        if (!DID.hasAccess(identity, msg.sender, SCOPE_READ)) revert NoAccess(identity, msg.sender);
        return latest[identity];
    }

    /// @notice A contract is a controller like any other: it acts by calling, with an empty signature.
    function adopt(address identity, address payee) external {
        DID.acceptController(identity, ownAuth());
        DID.setPayee(identity, payee, ownAuth());
    }

    function ownAuth() private view returns (IDeviceDID.Auth memory) {
        return IDeviceDID.Auth({signer: address(this), deadline: type(uint64).max, sig: ""});
    }
}
