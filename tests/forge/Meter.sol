// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LibraryProbe} from "./mocks/LibraryProbe.sol";
import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";

/// @notice Compares what is charged with what a transaction uses, at a price of one wei a unit of gas.
/// @dev A test is a new transaction with cold storage, so it may make only one measured call, and read nothing of the
/// engine before; what came before is read in `setUp`.
abstract contract Meter is Test {
    LibraryProbe internal _probe = new LibraryProbe();

    /// @return used gas of the whole transaction before refunds
    /// @return tokens of EIP-7623
    function _send(address from, address to, bytes memory call_) internal returns (uint256 used, uint256 tokens) {
        vm.prank(from, from);
        (bool ok,) = to.call(call_);
        used = vm.lastCallGas().gasTotalUsed;
        uint256 padding = (32 - call_.length % 32) % 32;
        uint256 callDataGas = _probe.callDataGas(call_) - padding * 4;
        used += 21_000 + callDataGas;
        tokens = callDataGas / 4;
        ok;
    }

    function _compare(uint256 paid, uint256 used) internal pure {
        string memory seen = string.concat(" charged ", vm.toString(paid), ", used ", vm.toString(used));
        assertGe(paid, used, string.concat("charged >= used:", seen));
        assertLe(paid, used * 105 / 100, string.concat("charged <= 105 % of used:", seen));
    }

    /// @dev 256 bytes, none of them zero.
    function _text() internal pure returns (bytes memory text) {
        text = new bytes(256);
        for (uint256 i = 0; i < text.length; ++i) {
            text[i] = bytes1(uint8(65 + i % 26));
        }
    }
}
