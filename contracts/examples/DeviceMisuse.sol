// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Every way in which a native contract must not be called. Each function passes the refusal on as it came.
contract DeviceMisuse {
    address private constant DID = 0x0000000000000000000000000000000000000d01;

    /// @notice The code would run as this contract, with the caller's caller as its caller.
    function delegateCall(bytes calldata data) external {
        (bool ok, bytes memory output) = DID.delegatecall(data);
        finish(ok, output);
    }

    function callCode(bytes calldata data) external {
        bytes memory input = data;
        bool ok;
        bytes memory output;
        assembly {
            ok := callcode(gas(), DID, 0, add(input, 32), mload(input), 0, 0)
            output := mload(0x40)
            mstore(output, returndatasize())
            returndatacopy(add(output, 32), 0, returndatasize())
            mstore(0x40, add(output, add(32, and(add(returndatasize(), 31), not(31)))))
        }
        finish(ok, output);
    }

    function staticCall(bytes calldata data) external view {
        (bool ok, bytes memory output) = DID.staticcall(data);
        finish(ok, output);
    }

    /// @notice Under STATICCALL from the outside even a plain CALL is static.
    function nestedStaticCall(bytes calldata data) external view {
        (bool ok, bytes memory output) = address(this).staticcall(abi.encodeCall(this.plainCall, (data)));
        finish(ok, output);
    }

    function plainCall(bytes calldata data) external payable {
        (bool ok, bytes memory output) = DID.call{value: msg.value}(data);
        finish(ok, output);
    }

    /// @notice A call with little gas, whose failure is swallowed.
    function starvedCall(bytes calldata data, uint256 gasLimit) external returns (bool ok) {
        (ok, ) = DID.call{gas: gasLimit}(data);
    }

    function finish(bool ok, bytes memory output) private pure {
        if (ok) {
            assembly {
                return(add(output, 32), mload(output))
            }
        }
        assembly {
            revert(add(output, 32), mload(output))
        }
    }
}
