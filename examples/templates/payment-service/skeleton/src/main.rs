fn main() {
    println!("${{ values.name }} is ready");
}
