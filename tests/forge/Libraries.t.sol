// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LibraryProbe} from "./mocks/LibraryProbe.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";
import {CallDataGas} from "../../contracts/libraries/CallDataGas.sol";
import {ExactCall} from "../../contracts/libraries/ExactCall.sol";
import {Plan, PlanLib} from "../../contracts/types/Plan.sol";

/// @notice CallDataGas of bytes, CodeData, PinnedBlock, ExactCall. Hashes and gas of records: {HashTest}.
contract LibrariesTest is Test {
    address private constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    /// Answers any call with keccak256 of its 32 bytes of call data.
    /// The system contract as EIP-2935 gives it.
    bytes private constant EIP_2935_CODE =
        hex"3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";
    bytes private constant HASHING_CODE = hex"5f355f5260205f205f5260205ff3";

    LibraryProbe private _probe = new LibraryProbe();

    function testFuzz_CallDataGasCountsEveryByte(bytes calldata data) external view {
        uint256 expected = ((32 - data.length % 32) % 32) * 4;
        for (uint256 i = 0; i < data.length; ++i) {
            expected += data[i] == 0 ? 4 : 16;
        }
        assertEq(_probe.callDataGas(data), expected);
    }

    function test_CallDataGasSeesEveryByteValue() external view {
        for (uint256 value = 0; value < 256; ++value) {
            bytes memory data = abi.encode(value << 96);
            assertEq(_probe.callDataGas(data), value == 0 ? 128 : 140);
        }
    }

    /// @dev More words than a byte can count, of which the last differ from the first.
    function test_CallDataGasCountsPast255Words() external view {
        bytes memory data = bytes.concat(new bytes(255 * 32), bytes32(type(uint256).max), new bytes(255 * 32), hex"01");
        assertEq(_probe.callDataGas(data), 2 * 255 * 128 + 512 + 140);
    }

    function test_PlanIsLaidOutAsTold() external pure {
        Plan plan = PlanLib.pack(type(uint40).max, 0x80000001);
        assertEq(Plan.unwrap(plan), (uint256(0x80000001) << 40) | type(uint40).max);
        assertEq(plan.due(), type(uint40).max);
        assertEq(bytes32(plan.selector()), bytes32(bytes4(0x80000001)));
    }

    /// @dev EIP-7623: 10 gas a token where call data usually costs 4.
    function testFuzz_FloorIsTenGasAToken(uint32 tokens) external pure {
        assertEq(CallDataGas.floorOf(uint256(tokens) * 4), uint256(tokens) * 10);
    }

    function testFuzz_CodeDataReturnsWhatIsBehindTheStop(bytes calldata data) external {
        vm.etch(address(0xda7a), bytes.concat(hex"00", data));
        assertEq(_probe.codeData(address(0xda7a)), data);
    }

    function test_CodeDataIsEmptyWhereThereIsNoCode() external {
        assertEq(_probe.codeData(address(0xda7a)), "");
        vm.etch(address(0xda7a), hex"00");
        assertEq(_probe.codeData(address(0xda7a)), "");
    }

    function test_PinnedBlockKnowsTheLast256Blocks() external {
        vm.roll(10_000);
        vm.setBlockhash(9_999, keccak256("newest"));
        vm.setBlockhash(9_744, keccak256("oldest"));
        assertEq(_probe.hashOf(9_999), keccak256("newest"));
        assertEq(_probe.hashOf(9_744), keccak256("oldest"));
    }

    function test_PinnedBlockAsksTheHistoryContractForOlderOnes() external {
        vm.roll(10_000);
        vm.etch(HISTORY, HASHING_CODE);
        assertEq(_probe.hashOf(9_000), keccak256(abi.encode(9_000)));
    }

    function test_PinnedBlockIsZeroForTheFutureAndTheForgotten() external {
        vm.roll(10_000);
        vm.etch(HISTORY, "");
        assertEq(_probe.hashOf(9_000), 0, "a chain without history");
        vm.etch(HISTORY, EIP_2935_CODE);
        assertEq(_probe.hashOf(10_000), 0, "the present block");
        assertEq(_probe.hashOf(10_001), 0, "a future block");
        assertEq(_probe.hashOf(type(uint64).max), 0);
        vm.etch(HISTORY, hex"5f5ffd");
        assertEq(_probe.hashOf(9_000), 0, "the history refuses");
    }

    function testFuzz_SCH1_ExactCallGivesExactlyItsGasOrReverts(uint256 gasLimit, uint256 sent) external {
        Puppet target = new Puppet();
        gasLimit = bound(gasLimit, 200_000, 3_000_000);
        sent = bound(sent, gasLimit / 2, gasLimit + gasLimit / 63 + 20_000);
        (bool ok,) = address(_probe).call{gas: sent}(abi.encodeCall(_probe.exactCall, (address(target), gasLimit, "x")));
        if (ok) {
            // Between the CALL and its first measurement the target spends a few hundred gas.
            assertGe(target.gasAtEntry() + 1_000, gasLimit, "all of its gas");
            assertLe(target.gasAtEntry(), gasLimit, "and no more");
        } else {
            assertEq(target.calls(), 0, "not called with less");
        }
    }

    function test_RevertWhen_ExactCallLacksGas() external {
        Puppet target = new Puppet();
        vm.expectPartialRevert(ExactCall.ExactCall_NotEnoughGas.selector);
        _probe.exactCall{gas: 100_000}(address(target), 100_000, "");
    }

    function test_SCH2_ExactCallCopiesOneWordOfABomb() external {
        Puppet target = new Puppet();
        target.setEnd(Puppet.Mode.ReturnBomb, 0);
        uint256 before = gasleft();
        (bool ok, uint256 word) = _probe.exactCall(address(target), 5_000_000, "x");
        assertTrue(ok);
        assertEq(word, 0);
        assertLt(before - gasleft(), 3_000_000, "only the target paid for its megabyte");
        target.setEnd(Puppet.Mode.RevertBomb, 0);
        (ok, word) = _probe.exactCall(address(target), 5_000_000, "x");
        assertFalse(ok);
        assertEq(word, 0);
    }

    function test_ExactCallReadsShortAnswersAsZero() external {
        Puppet target = new Puppet();
        target.setEnd(Puppet.Mode.Short, type(uint256).max);
        (bool ok, uint256 word) = _probe.exactCall(address(target), 300_000, "x");
        assertTrue(ok);
        assertEq(word, 0);
        target.setEnd(Puppet.Mode.Word, 77);
        (, word) = _probe.exactCall(address(target), 300_000, abi.encodeCall(Puppet.refuel, ()));
        assertEq(word, 77);
    }
}
