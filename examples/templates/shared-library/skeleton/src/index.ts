/** ${{ values.description }} */
export const name = ${{ values.name | dump }}
