// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// Does on demand what the tests of the JSON-RPC want to see answered.
contract Probe {
    uint256 public stored;
    mapping(address => uint256) public notes;

    event Noted(address indexed who, uint256 indexed value, bytes data);

    error Custom(uint256 code);

    receive() external payable {}

    function store(uint256 value) external payable {
        stored = value;
        notes[msg.sender] = value;
        emit Noted(msg.sender, value, abi.encode(value));
    }

    function failWith(string calldata reason) external pure {
        revert(reason);
    }

    function failCustom(uint256 code) external pure {
        revert Custom(code);
    }

    function failEmpty() external pure {
        assembly {
            revert(0, 0)
        }
    }

    function panic() external pure {
        assert(false);
    }

    function invalid() external pure {
        assembly {
            invalid()
        }
    }

    function loop() external pure {
        for (;;) {}
    }

    function recurse() external {
        this.recurse();
    }

    function flood(uint256 count) external {
        for (uint256 i = 0; i < count; i++) emit Noted(msg.sender, i, "");
    }

    function who() external view returns (address, address, uint256, uint256, uint256, uint256) {
        return (msg.sender, tx.origin, block.number, block.timestamp, block.basefee, tx.gasprice);
    }

    function hashOf(uint256 number) external view returns (bytes32) {
        return blockhash(number);
    }

    function pay(address payable to) external payable {
        (bool ok, ) = to.call{value: msg.value}("");
        require(ok, "not paid");
    }

    function tryFail(uint256 value) external returns (bool ok) {
        stored = value;
        (ok, ) = address(this).call(abi.encodeCall(this.failWith, ("inner")));
    }

    function make(bytes calldata code) external returns (address made) {
        bytes memory copy = code;
        assembly {
            made := create(0, add(copy, 32), mload(copy))
        }
    }

    function spendRefundable(uint256 count) external {
        for (uint256 i = 1; i <= count; i++) notes[address(uint160(i))] = i;
        for (uint256 i = 1; i <= count; i++) notes[address(uint160(i))] = 0;
    }

    /// Needs more gas than it uses: two thirds come back from the inner call.
    function wantsGas(uint256 least) external {
        require(gasleft() >= least, "more gas");
        stored = least;
    }
}
