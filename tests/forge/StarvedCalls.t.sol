// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OrderBase} from "./OrderBase.sol";
import {LibraryProbe} from "./mocks/LibraryProbe.sol";
import {Wallet} from "./mocks/Wallet.sol";
import {vm} from "./Vm.sol";
import {IAttestationBook} from "../../contracts/interfaces/IAttestationBook.sol";
import {ISignedOrders} from "../../contracts/interfaces/ISignedOrders.sol";
import {ExactCall} from "../../contracts/libraries/ExactCall.sol";

/// @notice Whoever brings too little gas for an outside call is told what was left, and what is needed: 64/63 of the
/// promised gas, and 6,100 for the call itself.
contract StarvedCallsTest is OrderBase {
    function test_SCH1_TargetsNeedTheirGasAndASixtyThirdOfIt() external {
        LibraryProbe probe = new LibraryProbe();
        bytes memory call_ = abi.encodeCall(probe.exactCall, (address(_target), 630_000, ""));
        _expectStarved(address(probe), call_, 400_000, ExactCall.ExactCall_NotEnoughGas.selector, 630_000 + 10_000);
    }

    function test_REG4_VerifiersNeedTheirMillion() external {
        bytes memory call_ = abi.encodeCall(IAttestationBook.attest, (MODEL_ID, address(_target), ""));
        bytes4 selector = IAttestationBook.Registry_NotEnoughGas.selector;
        _expectStarved(address(registry), call_, 500_000, selector, 1_000_000 + 15_873);
    }

    function test_LED2_OwnerContractsNeedTheirFiftyThousand() external {
        Ask memory ask = _ask(7);
        ask.job.owner = address(new Wallet());
        ask.signature = "mine";
        _expectStarved(
            address(_orders), _callOf(ask), 80_000, ISignedOrders.Signature_NotEnoughGas.selector, 50_000 + 793
        );
    }

    /// @dev `to` refuses `call_` with `gas_`, naming what was left of it and the 6,100 more that it needs.
    function _expectStarved(address to, bytes memory call_, uint256 gas_, bytes4 selector, uint256 promised) private {
        vm.prank(provider, provider);
        (bool ok, bytes memory reason) = to.call{gas: gas_}(call_);
        assertFalse(ok);
        assertEq(reason.length, 4 + 64);
        assertEq(bytes32(bytes4(reason)), bytes32(selector));
        (uint256 left, uint256 required) = (_word(reason, 0), _word(reason, 1));
        assertEq(required, promised + 6_100);
        assertLt(left, gas_);
        assertLt(left, required);
        assertGt(left, gas_ / 8, "what was left when it was needed");
    }

    function _word(bytes memory reason, uint256 index) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(reason, 36), mul(index, 32)))
        }
    }
}
