// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";

/// @dev What the tests below act on.
contract Probe {
    error Probe_Refused(uint256 value);

    event Kept(uint256 indexed value, address by);

    uint256 public kept;

    function keep(uint256 value) external payable {
        require(value != 7, Probe_Refused(value));
        kept = value;
        emit Kept(value, msg.sender);
    }
}

/// @notice The chain and the cheatcodes behave as every other test takes for granted.
contract ToolchainTest is Test {
    Probe private _probe;

    function setUp() external {
        _probe = new Probe();
    }

    function test_ExpectationsSeeRevertsEventsAndCallers() external {
        address caller = makeAddr("caller");
        vm.expectRevert(abi.encodeWithSelector(Probe.Probe_Refused.selector, 7));
        _probe.keep(7);

        vm.expectEmit(address(_probe));
        emit Probe.Kept(8, caller);
        hoax(caller, 1 ether);
        _probe.keep{value: 1 ether}(8);
        assertEq(address(_probe).balance, 1 ether);
        assertEq(caller.balance, 0);
    }

    function test_ClockStorageAndCodeCanBeSet() external {
        vm.warp(1_000_000);
        skip(5);
        assertEq(block.timestamp, 1_000_005);
        vm.roll(500);
        vm.setBlockhash(499, keccak256("499"));
        assertEq(blockhash(499), keccak256("499"));

        vm.store(address(_probe), bytes32(0), bytes32(uint256(42)));
        assertEq(_probe.kept(), 42);
        assertEq(vm.load(address(_probe), bytes32(0)), bytes32(uint256(42)));

        address copy = makeAddr("copy");
        vm.etch(copy, address(_probe).code);
        assertEq(copy.codehash, address(_probe).codehash);
        assertEq(vm.computeCreateAddress(address(this), vm.getNonce(address(this))), address(new Probe()));
    }

    function test_LogsGasAndStateCanBeRecorded() external {
        uint256 id = vm.snapshotState();
        vm.recordLogs();
        _probe.keep(9);
        uint256 gasUsed = vm.lastCallGas().gasTotalUsed;
        assertGt(gasUsed, 20_000, "a first store costs 20,000 gas");
        assertEq(vm.getRecordedLogs()[0].topics[1], bytes32(uint256(9)));
        assertTrue(vm.revertToState(id));
        assertEq(_probe.kept(), 0);
    }

    /// @dev EIP-7951: P256VERIFY at 0x100 answers 1 for a valid signature, so the rules are Osaka's.
    function test_ChainFollowsOsaka() external view {
        bytes memory input = abi.encodePacked(
            hex"bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023",
            hex"2ba3a8be6b94d5ec80a6d9d1190a436effe50d85a1eee859b8cc6af9bd5c2e18",
            hex"4cd60b855d442f5b3c7b11eb6c4e0ae7525fe710fab9aa7c77a67f79e6fadd76",
            hex"2927b10512bae3eddcfe467828128bad2903269919f7086069c8c4df6c732838",
            hex"c7787964eaac00e5921fb1498a60f4606766b3d9685001558d1a974e7341513e"
        );
        (bool success, bytes memory result) = address(0x100).staticcall(input);
        assertTrue(success);
        assertEq(result, abi.encode(1));
    }

    function testFuzz_BoundStaysInside(uint256 x, uint256 low, uint256 high) external pure {
        low = bound(low, 0, type(uint256).max - 1);
        high = bound(high, low, type(uint256).max);
        uint256 bounded = bound(x, low, high);
        assertGe(bounded, low);
        assertLe(bounded, high);
        if (x >= low && x <= high) assertEq(bounded, x);
    }
}
