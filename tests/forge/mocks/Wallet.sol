// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An owner contract that checks signatures (ERC-1271) in the way a test tells it to.
contract Wallet {
    enum Mode {
        /// Accepts what `approve` named.
        Approved,
        /// Accepts what `approve` named, if it got the gas it was promised.
        Counting,
        /// Says yes in one byte too few.
        Short,
        /// Says yes, then more: dirty bits behind the magic value.
        Dirty,
        Revert,
        Burn,
        ReturnBomb,
        RevertBomb
    }

    bytes4 private constant MAGIC = 0x1626ba7e;
    /// Bytes of a bomb: 1 MB.
    uint256 private constant BOMB = 1 << 20;
    /// Least gas that must be left of 50,000 when the check begins.
    uint256 private constant PROMISED = 49_000;

    Mode public mode;
    bytes32 private _approved;

    error Wallet_Refused();

    receive() external payable {}

    function setMode(Mode mode_) external {
        mode = mode_;
    }

    /// @param approved keccak256 of digest and signature.
    function approve(bytes32 approved) external {
        _approved = approved;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        uint256 gas_ = gasleft();
        Mode mode_ = mode;
        if (mode_ == Mode.Revert) revert Wallet_Refused();
        bytes4 magic = MAGIC;
        assembly ("memory-safe") {
            switch mode_
            case 2 {
                mstore(0, magic)
                return(0, 31)
            }
            case 3 {
                mstore(0, or(magic, 1))
                return(0, 32)
            }
            case 5 { invalid() }
            case 6 { return(0, BOMB) }
            case 7 { revert(0, BOMB) }
        }
        if (mode_ == Mode.Counting && gas_ < PROMISED) return 0;
        return keccak256(abi.encode(digest, signature)) == _approved ? magic : bytes4(0);
    }
}
