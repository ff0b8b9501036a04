// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Meter} from "./Meter.sol";
import {OrderBase} from "./OrderBase.sol";
import {Wallet} from "./mocks/Wallet.sol";
import {vm} from "./Vm.sol";
import {TimingLib} from "../../contracts/types/Job.sol";

/// @notice [SCH-4] what a signed inference is charged is within 0 .. +5 % of the gas of its transaction.
/// @dev {setUp} uses neighbouring nonces up, so that every slot is in its steady state; see {Meter} for how it is measured.
contract OrderMeteringTest is OrderBase, Meter {
    uint256 private constant FRESH = 256;

    Wallet private _wallet = new Wallet();
    address private _box;
    uint256 private _before;

    function setUp() public override {
        super.setUp();
        vm.fee(1);
        vm.txGasPrice(1);
        _deposit(address(_wallet), 10 ether);
        _box = _create("AnswerBox.sol:AnswerBox", abi.encode(everloop, alice));
        Ask memory first = _ask(1);
        first.job.target = _box;
        _sign(first);
        _bring(provider, first);
        first = _walletAsk(1);
        _bring(provider, first);
        vm.prank(provider, provider);
        everloop.authorise(keeper, true);
        _before = everloop.balanceOf(provider);
    }

    function test_SCH4_ShortAnswerWithoutCallback() external {
        _check(provider, _plain(2, "", "yes"));
    }

    function test_SCH4_AnswerWithCallback() external {
        Ask memory ask = _ask(2);
        ask.job.target = _box;
        _sign(ask);
        _check(provider, ask);
    }

    function test_SCH4_LongAnswerToALongQuestion() external {
        _check(provider, _plain(2, bytes.concat(_text(), _text(), _text(), _text()), bytes.concat(_text(), _text())));
    }

    function test_SCH4_FirstNonceOfAWord() external {
        _check(provider, _plain(FRESH, "", "yes"));
    }

    function test_SCH4_SignedByAnOwnerContract() external {
        _check(provider, _walletAsk(2));
    }

    function test_SCH4_BroughtByAKey() external {
        _check(keeper, _plain(2, "", "yes"));
    }

    function test_SCH4_VeryLongQuestionIsPaidTheCallDataFloor() external {
        _checkFloor(_long(16_384, 3));
    }

    function test_SCH4_VeryLongAnswerIsPaidTheCallDataFloor() external {
        _checkFloor(_long(0, 16_384));
    }

    function test_SCH4_VeryLongAnswerToAVeryLongQuestionIsPaidTheCallDataFloor() external {
        _checkFloor(_long(16_384, 16_384));
    }

    function _checkFloor(Ask memory ask) private {
        (uint256 used, uint256 tokens) = _send(provider, address(_orders), _callOf(ask));
        uint256 floor = 21_000 + 10 * tokens;
        assertGt(floor, used, "the floor of EIP-7623 binds");
        _compare(everloop.balanceOf(provider) - _before - AMOUNT, floor);
    }

    function _check(address caller, Ask memory ask) private {
        (uint256 used,) = _send(caller, address(_orders), _callOf(ask));
        _compare(everloop.balanceOf(provider) - _before - AMOUNT, used);
    }

    function _plain(uint256 nonce, bytes memory input, bytes memory decision) private returns (Ask memory ask) {
        ask = _ask(nonce);
        ask.job.target = address(0x1234567);
        ask.job.timing = TimingLib.pack(0, 0, 0, 0, 1_024, 0);
        if (input.length != 0) (ask.input, ask.job.input) = (input, keccak256(input));
        ask.decision = decision;
        _sign(ask);
    }

    function _long(uint256 input, uint256 decision) private returns (Ask memory ask) {
        ask = _plain(2, _x(input), _x(decision));
        ask.job.timing = TimingLib.pack(0, 0, 0, 0, 16_384, 0);
        _sign(ask);
    }

    function _x(uint256 length) private pure returns (bytes memory text) {
        text = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            text[i] = "x";
        }
    }

    function _walletAsk(uint256 nonce) private returns (Ask memory ask) {
        ask = _plain(nonce, "", "yes");
        ask.job.owner = address(_wallet);
        ask.signature = _text();
        _wallet.approve(keccak256(abi.encode(_askDigest(ask), ask.signature)));
    }
}
