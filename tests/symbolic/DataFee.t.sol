// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../forge/Test.sol";
import {OpenEngine} from "./OpenEngine.sol";
import {Pricing} from "../../contracts/types/Job.sol";

/// @notice A module that answers anything.
contract AnyModule {
    enum Manner {
        Answers,
        Reverts,
        AnswersShort,
        AnswersLong
    }

    Manner private _manner;
    uint256 private _answer;

    function set(Manner manner, uint256 answer) external {
        (_manner, _answer) = (manner, answer);
    }

    function feeOf(uint256, uint256) external view {
        uint256 answer = _answer;
        if (_manner == Manner.Reverts) revert();
        uint256 length = 32;
        if (_manner == Manner.AnswersShort) length = 31;
        if (_manner == Manner.AnswersLong) length = 64;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, answer)
            return(free, length)
        }
    }
}

/// @notice What a run pays for data, whatever the chain's module does.
contract DataFeeSymbolicTest is Test {
    AnyModule private _module;
    OpenEngine private _engine;

    function setUp() external {
        _module = new AnyModule();
        _engine = new OpenEngine(address(1), address(_module), 0, address(0));
    }

    function check_SCH4_DataFeeIsTheModulesUpToTheCap(Pricing pricing, uint256 answer, bool direct) external {
        _module.set(AnyModule.Manner.Answers, answer);
        uint256 fee = _engine.dataFee(pricing, direct);
        uint256 most = pricing.maxDataFee();
        assertEq(fee, !direct ? 0 : answer < most ? answer : most, "of bytes that were sent, within the cap");
    }

    function check_SCH6_ABrokenModuleCostsNothingAndStopsNobody(
        Pricing pricing,
        uint256 answer,
        AnyModule.Manner manner,
        bool direct
    ) external {
        if (manner == AnyModule.Manner.Answers) return;
        _module.set(manner, answer);
        (bool ok, bytes memory data) = address(_engine).staticcall(abi.encodeCall(_engine.dataFee, (pricing, direct)));
        assertTrue(ok);
        assertEq(abi.decode(data, (uint256)), 0);
    }
}
