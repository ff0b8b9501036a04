// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A rollup's data fee as a test wants it; it does not inherit its interface, so that it can break it.
contract DataFeeModule {
    enum Mode {
        PerByte,
        Total,
        Revert,
        RevertBomb,
        Short,
        Nothing
    }

    /// Bytes of a bomb: 1 MB.
    uint256 private constant BOMB = 1 << 20;

    Mode public mode;
    /// wei
    uint256 public price;
    /// Turns of a loop of about 100 gas, so that asking costs what an oracle does.
    uint256 public work;

    error Module_Failed();

    function set(Mode mode_, uint256 price_, uint256 work_) external {
        (mode, price, work) = (mode_, price_, work_);
    }

    function feeOf(uint256 size, uint256 total) external view returns (uint256) {
        bytes32 hash;
        for (uint256 i = work; i > 0; --i) {
            hash = keccak256(abi.encode(hash, i));
        }
        Mode mode_ = mode;
        if (mode_ == Mode.Revert) revert Module_Failed();
        assembly ("memory-safe") {
            switch mode_
            case 3 { revert(0, BOMB) }
            case 4 { return(0, 31) }
            case 5 { return(0, 0) }
        }
        return (mode_ == Mode.Total ? total : size) * price;
    }
}
